# 撤回同意即刻生效：之前的保留，之后的不记，迟到的按发生时刻判断；再次同意后重新开始。
# Withdrawing takes effect at once: what came before stays, what comes after is not kept, and a late row is judged by its time.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts
  2026-07-10 12:00 withdraws whereabouts
  2026-07-20 12:00 grants whereabouts

file july
on 2026-07-10
  08:01 before   lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  18:01 after    lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> no_consent
on 2026-07-21
  08:01 again    lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
file august
on 2026-07-09
  08:01 late     lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
on 2026-07-15
  08:01 refused  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> no_consent

expect
  lin holds 1,022,730 mg, 60 energy
  lin metro_ride: 3 acts
