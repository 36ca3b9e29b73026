# 分几次部分退款，合起来正好收回给过的，不多不少；同一笔退款重来一次不再收。
# Refunds in parts take back exactly what was given, and the same refund again takes nothing.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

file first
on 2026-07-06
  09:30 one  lin gets ¥1.00 back for ride     -> refunded 85,228 mg, 5 energy

file second
on 2026-07-08
  09:30 two  lin gets ¥1.00 back for ride     -> refunded

file again
on 2026-07-08
  09:30 two  lin gets ¥1.00 back for ride     -> duplicate

file third
on 2026-07-09
  09:30 three  lin gets ¥2.00 back for ride     -> refunded

at 2026-07-06 12:00
  july arrives
  first arrives
  lin has 15 growing
at 2026-07-08 12:00
  lin collects     -> done 15
  second arrives
  again arrives
  lin has 10 available
at 2026-07-09 12:00
  third arrives
  lin has nothing

expect
  lin holds 0 mg, 0 energy
