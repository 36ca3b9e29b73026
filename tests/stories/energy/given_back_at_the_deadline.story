# 冻结过了期限就只能退回：清扫把能量退回客户、把库存退回货架。
# From its deadline on, what was set aside can only go back: energy to the customer, pieces to the shelf.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

limited cups is a stock of 3

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

at 2026-07-07 08:00
  july arrives
  lin collects                                                      -> done 20
  lin sets aside 12 with 2 cups as mug until 2026-07-09 12:00       -> done 12
  cups has 1 units
at 2026-07-09 11:59
  sweep            -> 0 lapsed, 0 expired, 0 released
  lin has 8 available, 12 held
at 2026-07-09 12:00
  lin uses mug     -> too_late
  sweep            -> 0 lapsed, 0 expired, 1 released
  lin has 20 available
  cups has 3 units
  lin uses mug     -> released
