export * from '@ditan/shared/clock'
