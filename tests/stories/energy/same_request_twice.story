# 同一请求重发多少次都只收一次，答复也一样；换了内容的同号请求会被拒绝。
# The same request again collects once and gets the same answer; with another content it is refused.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

at 2026-07-07 08:00
  july arrives
  lin collects as tap                      -> done 20
  lin collects as tap                      -> exists 20
  lin collects the ball of ride as tap     -> conflict
  lin sets aside 5 as gym until 2026-07-09 12:00     -> done 5
  lin sets aside 5 as gym until 2026-07-09 12:00     -> exists 5
  lin sets aside 6 as gym until 2026-07-09 12:00     -> conflict
  lin has 15 available, 5 held
