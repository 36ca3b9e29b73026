# 扫码加油、航空、不足一元的扫码，以及人工车道，都不奖励。
# Petrol and flights paid by code, payments below one yuan, and manual toll lanes earn nothing.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 petrol  lin pays ¥300.00 to "中国石化加油站" mcc 5541 in Beijing by unionpay_qr with debit        -> fuel_purchase
  09:01 flight  lin pays ¥900.00 to "中国国际航空" mcc 4511 in Beijing by unionpay_qr with debit          -> air_travel
  10:01 small   lin pays ¥0.99 to "罗森便利店" mcc 5499 in Beijing by unionpay_qr with debit              -> payment_too_small
  11:01 manual  lin pays ¥23.75 to etc_toll in Beijing by pos with debit                                  -> manual_lane
  12:01 shop    lin pays ¥12.00 to "全家便利店（地铁国贸站店）" mcc 5499 in Beijing by pos with debit     -> not_green

expect
  lin holds 0 mg, 0 energy
