export * from '@ditan/shared/preferences'
