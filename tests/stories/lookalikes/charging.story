# 充电站里也有充值、停车和加油：只有充电算充电。
# At a charging station people also top up wallets, park and buy petrol: only charging is charging.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 wallet   lin pays ¥200.00 to ev_charging "特来电 账户充值" in Beijing by app with debit                   -> charging_wallet_top_up
  09:01 round    lin pays ¥100.00 to ev_charging in Beijing by app with debit                                     -> charging_wallet_top_up
  10:01 parking  lin pays ¥8.00 to ev_charging "特来电 停车费" mcc 7523 in Beijing by app with debit              -> parking_fee
  11:01 petrol   lin pays ¥287.35 to ev_charging "e充电 综合能源站 加油" mcc 5541 in Beijing by app with debit    -> fuel_purchase

expect
  lin holds 0 mg, 0 energy
