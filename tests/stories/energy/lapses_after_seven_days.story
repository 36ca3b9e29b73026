# 成熟后七天没收，能量就作废；夜间清扫跑不跑，客户看到的都一样。
# What nobody collects within seven days lapses, whether or not the sweep has been there.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

at 2026-07-06 12:00
  july arrives
at 2026-07-14 06:59
  lin has 20 ripe
at 2026-07-14 07:00
  lin has nothing
  lin collects     -> nothing
  sweep            -> 20 lapsed, 0 expired, 0 released
  lin has nothing
