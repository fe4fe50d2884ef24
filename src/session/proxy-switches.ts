import { directConfig, type ProxyConfig, readProxyConfig } from '../proxy/proxy-config.ts';
import type { CommandLine } from './command-line.ts';

/** The proxy configuration that Chromium's switches ask for: none, a PAC script, or rules, in this order. */
export function proxyOfSwitches(commandLine: CommandLine): ProxyConfig {
  const value = (name: string): string => commandLine.getSwitchValue(name);
  if (commandLine.hasSwitch('no-proxy-server')) return directConfig;
  if (value('proxy-pac-url') !== '') return readProxyConfig({ pacScript: value('proxy-pac-url') });
  if (value('proxy-server') === '') return directConfig;
  return readProxyConfig({ proxyRules: value('proxy-server'), proxyBypassRules: value('proxy-bypass-list') });
}
