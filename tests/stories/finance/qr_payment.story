# 扫码支付省下的签购单约 1 克，不值得计入减排，只给 5 点能量，而且与金额无关。
# Paying by code saves a slip of about a gram, which is not claimed: 5 energy, the same for 3 yuan and for 3,000.

customer lin joined 2026-06-01 with debit consenting to card_payments

file july
on 2026-07-06
  12:01 lunch   lin pays ¥3.00 to "庆丰包子铺" mcc 5814 in Beijing by unionpay_qr with debit        -> posted 0 mg, 5 energy
  18:01 shop    lin pays ¥3,000.00 to "永辉超市" mcc 5411 in Beijing by unionpay_nfc with debit     -> posted 0 mg, 5 energy
  19:01 till    lin pays ¥30.00 to "永辉超市" mcc 5411 in Beijing by pos with debit                 -> not_green

expect
  lin qr_payment: 2 acts, 0 mg, 10 energy
