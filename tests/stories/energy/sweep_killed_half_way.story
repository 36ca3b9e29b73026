# 清扫中途被杀：客户看到的不变；再跑一遍只补没做的，不会做两次。
# A sweep that is killed half-way changes nothing a customer sees; the next one does the rest, and nothing twice.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

customer wu joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  08:02 trip  wu pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit      -> posted 340,910 mg, 20 energy

at 2026-07-06 12:00
  july arrives
at 2026-07-14 08:00
  sweep killed half-way
  lin has nothing
  wu has nothing
  sweep            -> 20 lapsed, 0 expired, 0 released
  sweep            -> 0 lapsed, 0 expired, 0 released
  lin has nothing
  wu has nothing
