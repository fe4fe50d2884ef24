import type { ProxyServer } from '../proxy/proxy-server.ts';
import type { RequestJob } from './request-job.ts';

/** Whether a job reaches its origin by asking the proxy for it, rather than through a tunnel. RFC 9112 3.2.2. */
export function isForwarded(job: RequestJob, proxy: ProxyServer): boolean {
  return job.protocol === 'http:' && !job.upgrade && (proxy.scheme === 'http' || proxy.scheme === 'https');
}

/** The job as the proxy is asked: absolute-form, over HTTP/1.1. */
export function forwardedJob(job: RequestJob, proxy: ProxyServer): RequestJob {
  const hasHost = job.headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  return {
    ...job,
    origin: `${proxy.scheme}://${proxy.authority}`,
    path: job.origin + job.path,
    headers: hasHost ? job.headers : ['Host', job.origin.slice('http://'.length), ...job.headers],
    allowH2: false,
  };
}
