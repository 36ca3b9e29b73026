export * from '@ditan/shared/format'
