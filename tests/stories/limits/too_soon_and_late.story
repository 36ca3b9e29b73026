# 迟到的换乘记录也认得出来：它紧跟着早上那一次，虽然当天后面还有别的乘车。
# A change of trains is recognized when its row comes late, although there were rides after it in the meantime.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride    lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  18:01 home    lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
file august
on 2026-07-06
  08:30 change  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> too_soon

expect
  lin holds 681,820 mg, 40 energy
