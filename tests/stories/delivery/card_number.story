# 任何字段里出现可通过校验的银行卡号，整行拒收：只留行号和代码，卡号不入库、不入日志。
# A row with a card number in any field is refused at the door; the other rows go on.
#
#   6222021234567890128 passes the check of ISO/IEC 7812-1 and belongs to nobody

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride     lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit                        -> posted 340,910 mg, 20 energy
  12:00 joined   lin pays ¥4.00 to metro_operator "转账至 6222021234567890128" in Beijing by unionpay_qr with debit     -> pan_found
  18:00 grouped  lin pays ¥4.00 to metro_operator "6222 0212 3456 7890 128" in Beijing by unionpay_qr with debit   -> pan_found

expect
  lin holds 340,910 mg, 20 energy
  lin metro_ride: 1 act
