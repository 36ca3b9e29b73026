# 文件里的先后不算数，发生的先后才算数：被限额挡住的是当天最后一次，而不是文件最后一行。
# Not the order of the file but the order of the day decides: the evening's fifth ride is capped, wherever its row stands.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  21:00 fifth   lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> capped 0 mg, 0 energy
  18:00 fourth  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted
  07:00 first   lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted
  12:00 third   lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted
  09:00 second  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted

expect
  lin holds 1,363,640 mg, 80 energy
  lin metro_ride: 5 acts, 1 capped
