# 给交通卡充值不是乘车：同一个商户类别码下，看商户、看摘要、看整额。
# A top-up of a transit card is no ride, although it stands under the same merchant category: the words or the round sum tell.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 words   lin pays ¥50.00 to metro_operator "北京地铁 一卡通充值" in Beijing by unionpay_qr with debit     -> transit_top_up
  09:01 round   lin pays ¥50.00 to metro_operator in Beijing by unionpay_qr with debit                           -> transit_top_up
  10:01 bus     lin pays ¥20.00 to transit_card "公交一卡通 充值" in Beijing by unionpay_qr with debit           -> transit_top_up

expect
  lin holds 0 mg, 0 energy
