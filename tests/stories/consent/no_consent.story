# 开了户但没有同意行踪类数据：地铁不计，水费照计。每一项同意单独征得。
# An account without consent to whereabouts: rides do not count, bills do. Each consent is asked for separately.

customer lin joined 2026-06-01 with debit consenting to card_payments
customer hu joined 2026-06-01 with debit

file july
on 2026-07-06
  08:01 ride   lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> no_consent
  20:01 bill   lin does bill.paid ¥86.40 {bill_ref=water-7, period=2026-06}              -> posted 60,785 mg, 20 energy
  20:02 his    hu does bill.paid ¥86.40 {bill_ref=water-8, period=2026-06}               -> no_consent

expect
  lin holds 60,785 mg, 20 energy
  lin metro_ride: 0 acts
  hu holds 0 mg, 0 energy
