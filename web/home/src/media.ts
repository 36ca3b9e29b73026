export * from '@ditan/shared/media'
