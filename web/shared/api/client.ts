/** The typed client, made from the API's own description, and the one place that turns its refusals into errors. */
import createClient, { type Middleware } from 'openapi-fetch'

import { setTime } from '../clock'
import { SignedOut } from '../host'
import { language } from '../preferences'

import type { components, paths } from './schema'

export type Schema = components['schemas']
export type Problem = Schema['Problem']
export type Text = Schema['Text']

/** The API refused; `problem` says why, in the reader's language. */
export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title)
  }
}

/** The request or its answer was lost on the way. */
export class Unreachable extends Error {}

/** A page is served at …/home/ or …/console/ and the API beside it: whatever the bank puts in front holds for both. */
export const BASE = new URL('../', new URL('.', location.href)).href.replace(/\/$/, '')

const TIMEOUT_MS = 20_000

async function send(request: Request): Promise<Response> {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    setTime(answer.headers.get('Date'))
    return answer
  } catch {
    throw new Unreachable()
  }
}

/** Who asks: gives a token, anew when the API no longer believes the last one, and forgets it when there is no other. */
export interface Asker {
  bearer(renew?: boolean): Promise<string>
  forget(): void
}

/** The API as one page asks it: `api` for what is typed, `file` for what is kept as a file. */
export function clientOf({ bearer, forget }: Asker) {
  const identify: Middleware = {
    async onRequest({ request }) {
      request.headers.set('Authorization', `Bearer ${await bearer()}`)
      request.headers.set('Accept-Language', language.value)
      return request
    },
  }

  async function reach(request: Request): Promise<Response> {
    const again = request.clone()
    const answer = await send(request)
    if (answer.status !== 401) return answer
    try {
      again.headers.set('Authorization', `Bearer ${await bearer(true)}`)
    } catch (error) {
      if (error instanceof SignedOut) forget()
      throw error
    }
    return send(again)
  }

  /** Fetch a file, such as a statement. */
  async function file(path: string): Promise<Blob> {
    const headers = { Authorization: `Bearer ${await bearer()}`, 'Accept-Language': language.value }
    const answer = await reach(new Request(`${BASE}${path}`, { headers }))
    if (answer.ok) return answer.blob()
    const problem: unknown = await answer.json().catch(() => null)
    if (isProblem(problem)) throw new Refusal(problem)
    throw new Unreachable()
  }

  const api = createClient<paths>({ baseUrl: BASE, fetch: reach })
  api.use(identify)
  return { api, file }
}

/** What anybody may ask: nobody needs to have signed in, and nobody's token is sent. */
export const anybody = createClient<paths>({ baseUrl: BASE, fetch: send })
anybody.use({
  onRequest({ request }) {
    request.headers.set('Accept-Language', language.value)
    return request
  },
})

/** The data of an answer, or the refusal thrown. */
export async function told<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked
  if (response.ok && data !== undefined) return data
  if (isProblem(error)) throw new Refusal(error)
  throw new Unreachable()
}

function isProblem(error: unknown): error is Problem {
  return typeof error === 'object' && error !== null && 'code' in error && 'title' in error
}

/** Name an intention of the reader. Sent again under this name, it is done once and answered alike. */
export const intention = () => ({ 'Idempotency-Key': crypto.randomUUID() })
