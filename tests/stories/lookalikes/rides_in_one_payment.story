# 后付费的日汇总扣款：有乘次就按次数计，没有乘次就无法计算。
# A day's rides in one debit count by their number when it is given, and not at all when it is not.
#
#   3 rides × 8.0 km × 46.7 g/km = 1,120.8 g = 1,120,800 mg
#   of a day's aggregate at most 4 rides are believed, the daily cap: 4 × 8.0 × 46.7 = 1,494.4 g = 1,494,400 mg

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  23:01 counted    lin pays ¥12.00 to metro_operator in Beijing by unionpay_qr with debit {ride_count=3}     -> posted 1,120,800 mg, 20 energy
on 2026-07-07
  23:01 uncounted  lin pays ¥23.50 to metro_operator in Beijing by unionpay_qr with debit                    -> several_rides_in_one_payment
on 2026-07-08
  23:01 many       lin pays ¥28.00 to metro_operator in Beijing by unionpay_qr with debit {ride_count=7}     -> posted 1,494,400 mg, 20 energy

expect
  lin metro_ride: 2 acts, 2,615,200 mg, 40 energy
