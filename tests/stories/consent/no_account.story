# 没有开通碳账户的人，什么也不记：只多一个计数。
# Whoever has not opened an account leaves nothing behind but a count.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 hers   lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  08:02 his    wu pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit      -> no_account
on 2026-05-20
  08:01 before  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit    -> no_account

expect
  lin holds 340,910 mg, 20 energy
