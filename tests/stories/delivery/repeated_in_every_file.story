# 整份文件重送一遍，什么都不会多记：每一笔都认得。
# A whole file sent again adds nothing: every act and every refund in it is known.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file first
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted
  09:31 back  lin gets ¥1.00 back for ride                                              -> refunded
  12:00 shop  lin pays ¥88.80 to "永辉超市" mcc 5411 in Beijing by pos with debit       -> not_green
  18:01 home  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted
file again
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> duplicate
  09:31 back  lin gets ¥1.00 back for ride                                              -> duplicate
  12:00 shop  lin pays ¥88.80 to "永辉超市" mcc 5411 in Beijing by pos with debit       -> not_green
  18:01 home  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> duplicate

expect
  lin metro_ride: 2 acts
