# 撤销的支付从未发生，无论金额写多少都全部收回。
# A payment that was reversed never happened, so everything goes back.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  08:02 undo  lin has ride reversed                                                     -> refunded 340,910 mg, 20 energy

expect
  lin holds 0 mg, 0 energy
