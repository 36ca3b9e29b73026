# 规则改了只管以后：已挣到的能量按挣到时的规则成熟、作废、到期。
# Another rule is for what comes later: what is earned ripens, lapses and expires by the rule of its day.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

file after
on 2026-07-06
  20:01 again  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

at 2026-07-06 12:00
  july arrives
  energy ripens after 3 days at 08:00, lapses after 2 days, expires after 1 month
at 2026-07-06 22:00
  after arrives
  lin has 40 growing
at 2026-07-07 07:00
  lin has 20 growing, 20 ripe
at 2026-07-09 08:00
  lin has 40 ripe
  lin collects     -> done 40
  lin has 40 available
at 2026-09-01 00:00
  sweep            -> 0 lapsed, 20 expired, 0 released
  lin has 20 available
at 2027-08-01 00:00
  sweep            -> 0 lapsed, 20 expired, 0 released
  lin has nothing
