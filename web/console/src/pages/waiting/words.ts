import { words } from '@/words'

export const waitingWords = words(
  {
    soon: '这一页还没有做好。',
    meanwhile: '在它做好之前，同样的事用命令行：',
    methods: '场景的开关、方法包的差异、对真实人群的影响，以及双人复核的发布。',
    feeds: '批次与各处边界、拒绝的行与可下载的明细、等待的退款、冲突与重跑。',
    rewards: '目录、库存、预算与基金，按状态的订单，种植批次与调查，捐赠转账。',
    customers: '按行内参考号查一位客户：须写理由，写入访问日志。',
    risk: '速度与模式的异常标记、复核队列、暂停与放行及其理由。',
    finance: '日结与月结、试算平衡、负债、对账、访问日志与审计日志、披露材料。',
    changes: '经办提出的变更与复核的决定。',
  },
  {
    soon: 'This page is not built yet.',
    meanwhile: 'Until it is, the command line does the same:',
    methods:
      'Switches of scenarios, differences between packs, their impact on the real population, publishing by two people.',
    feeds: 'Batches and their boundaries, rejected rows with a file to send back, waiting refunds, conflicts, re-runs.',
    rewards: 'Catalogue, stock, budgets and funds, orders by state, plantings and surveys, transfers of donations.',
    customers: 'One customer by the bank’s reference: with a reason, which goes to the access log.',
    risk: 'Flags of velocity and pattern, a queue to look through, holds and releases with reasons.',
    finance: 'Daily and monthly close, trial balance, liability, reconciliation, access and audit logs, disclosure.',
    changes: 'What operators propose and approvers decide.',
  },
)

/** What does the work until the page is there. */
export const COMMANDS: Record<string, string[]> = {
  methods: ['ditan methodology check', 'ditan replay --pack FOLDER'],
  feeds: ['ditan ingest FILE --feed NAME'],
  rewards: ['ditan rewards --help'],
  customers: ['ditan statement CUSTOMER', 'ditan explain ACT'],
  risk: [],
  finance: ['ditan ledger trial-balance', 'ditan ledger liability', 'ditan check'],
  changes: ['ditan ledger proposals'],
}
