# 地铁按票价折算里程：北京 4 元属于 6–12 公里档，取该档第 25 百分位 7.3 公里，宁少勿多。
# A metro ride is credited by its fare: 4 yuan in Beijing means 6-12 km, and the 25th percentile of that band is claimed.
#
#   fare 4 yuan, band 6-12 km, P25 = 7.3 km                    domain notes §2.4
#   net factor 46.7 g per passenger-km                         §2.3, S28: the lowest published
#   7.3 km × 46.7 g/km = 340.91 g = 340,910 mg

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

expect
  lin holds 340,910 mg, 20 energy
  lin metro_ride: 1 act, 340,910 mg, 20 energy, 0 capped
