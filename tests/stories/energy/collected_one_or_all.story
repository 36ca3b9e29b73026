# 可以只收一个球，也可以一次收完；没熟的球留着。
# One ball can be collected, or all at once; what is not ripe stays.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  12:00 bus   lin pays ¥2.00 to bus_operator in Beijing by unionpay_nfc with debit      -> posted
  18:30 home  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
on 2026-07-07
  08:01 next  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

at 2026-07-07 09:00
  july arrives
  lin has 20 growing, 55 ripe
  lin collects the ball of bus     -> done 15
  lin has 20 growing, 40 ripe, 15 available
  lin collects the ball of bus     -> nothing
  lin collects the ball of next    -> nothing
  lin collects                     -> done 40
  lin has 20 growing, 55 available
