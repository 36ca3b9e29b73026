# 买基金默认两项都关：在合规签字之前，既不给减排量也不给能量，银行看到的只是一个计数。
# Buying a fund is switched off altogether until compliance has signed: no carbon, no energy, only a count.

customer lin joined 2026-06-01 with debit consenting to card_payments

file july
on 2026-07-06
  10:01 placed     lin does wealth.order_placed ¥5,000.00 {product_ref=f8}        -> order_not_confirmed
  15:01 confirmed  lin does wealth.order_confirmed ¥5,000.00 {product_ref=f8}     -> scenario_off

expect
  lin holds 0 mg, 0 energy
  lin online_wealth_service: 0 acts
