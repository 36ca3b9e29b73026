# 经支付宝、微信扣款的同一次乘车，钱包可能已经计过，本行不再计。
# A ride paid through another wallet may be counted there already, so it is not counted here.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride    lin pays ¥4.00 to metro_operator "支付宝-北京地铁" in Beijing by online with debit        -> wallet_funded
  09:01 ticket  lin pays ¥120.00 to travel_agency "携程 火车票" mcc 4112 by online with debit             -> travel_agent
  10:01 abroad  lin pays HKD 12.50 to "MTR HONG KONG METRO" mcc 4111 by unionpay_nfc with debit           -> foreign_currency

expect
  lin holds 0 mg, 0 energy
