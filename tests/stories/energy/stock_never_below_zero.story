# 库存不会变成负数：最后一件给了先到的人，后到的不扣能量。
# A stock never goes below zero: the last piece is the first comer's, and who comes later keeps the energy.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

limited cups is a stock of 1

customer wu joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  08:02 trip  wu pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit      -> posted 340,910 mg, 20 energy

at 2026-07-07 08:00
  july arrives
  lin collects                                                      -> done 20
  wu collects                                                       -> done 20
  lin sets aside 12 with 1 cups as mug until 2026-07-09 12:00       -> done 12
  wu sets aside 12 with 1 cups as mug until 2026-07-09 12:00        -> used_up
  wu has 20 available
  lin uses 10 of mug                                                -> done 10
  cups has 0 units
  wei proposes -1 for cups as broken                                -> proposed
  wang approves broken                                              -> used_up
  wei proposes +5 for cups as delivery                              -> proposed
  wang approves delivery                                            -> done 5
  wu sets aside 12 with 1 cups as mine until 2026-07-09 12:00       -> done 12
  cups has 4 units
