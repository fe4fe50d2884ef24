/**
 * What a PAC script finds in its global scope, in the language of the sandbox.
 *
 * It is an expression: a function that takes the host's functions, defines the helpers, and gives back what the sandbox
 * calls: `find(url, host)`, and `describe(error)`, which is the line (or nothing), a line break, and the message.
 *
 * `lookup(kind, name)` is a list joined by ";", "" when the name has no address, or undefined while that is not known;
 * then the script is left by an exception, and run again once it is.
 *
 * @see Netscape, "Navigator Proxy Auto-Config File Format"; Chromium services/proxy_resolver/pac_js_library.h and
 * proxy_resolver_v8.cc, whose answers in odd cases these give
 */
export const pacHelpers: string = String.raw`(function (lookup, now, random, alertHost) {
  'use strict';
  var global = globalThis;
  var unknownName = new Error('A name is being looked up');

  // The clock and chance come from the host, which notes that they were used.
  var NativeDate = Date;
  function PacDate() {
    if (new.target === undefined) return new NativeDate(now()).toString();
    return Reflect.construct(NativeDate, arguments.length === 0 ? [now()] : arguments, new.target);
  }
  Object.getOwnPropertyNames(NativeDate).forEach(function (name) {
    if (name !== 'length' && name !== 'name') Object.defineProperty(PacDate, name, Object.getOwnPropertyDescriptor(NativeDate, name));
  });
  PacDate.now = function () { return now(); };
  PacDate.prototype.constructor = PacDate;
  Object.defineProperty(PacDate, 'name', { value: 'Date' });
  define('Date', PacDate);
  Math.random = function () { return random(); };

  function define(name, value) {
    Object.defineProperty(global, name, { value: value, writable: true, enumerable: false, configurable: true });
  }

  // Names and addresses.

  function addresses(kind, name) {
    var found = name.length > 255 ? '' : lookup(kind, name);
    if (found === undefined) throw unknownName;
    return found;
  }
  function isV4(text) { return text.indexOf(':') < 0; }

  define('dnsResolve', function dnsResolve(host) {
    if (typeof host !== 'string') return null;
    var first = addresses('name', host).split(';').filter(isV4)[0];
    return first ? first : null;
  });
  define('dnsResolveEx', function dnsResolveEx(host) {
    return typeof host === 'string' ? addresses('name', host) : null;
  });
  define('isResolvable', function isResolvable(host) { return global.dnsResolve(host) !== null; });
  define('isResolvableEx', function isResolvableEx(host) {
    return typeof host === 'string' && addresses('name', host) !== '';
  });
  define('myIpAddress', function myIpAddress() { return addresses('own', '').split(';')[0] || '127.0.0.1'; });
  define('myIpAddressEx', function myIpAddressEx() { return addresses('own', ''); });

  // Strings.

  define('isPlainHostName', function isPlainHostName(host) {
    if (typeof host !== 'string') throw new TypeError('isPlainHostName needs a string');
    return host.indexOf('.') < 0 && (host.indexOf(':') < 0 || parseIp(host) === null);
  });
  define('dnsDomainIs', function dnsDomainIs(host, domain) {
    var start = host.length - domain.length;
    return start >= 0 && host.substring(start) == domain;
  });
  define('localHostOrDomainIs', function localHostOrDomainIs(host, name) {
    return host == name || name.lastIndexOf(host + '.', 0) == 0;
  });
  define('dnsDomainLevels', function dnsDomainLevels(host) { return host.split('.').length - 1; });

  // Expressions of "*" and "?"; all else means what it means in a regular expression, as in browsers.
  var expressions = new Map();
  define('shExpMatch', function shExpMatch(text, pattern) {
    var expression = expressions.get(pattern);
    if (expression === undefined) {
      expression = new RegExp('^' + pattern.replace(/\./g, '\\.').replace(/\*/g, '.*').replace(/\?/g, '.') + '$');
      if (expressions.size < 5000) expressions.set(pattern, expression);
    }
    return expression.test(text);
  });

  // Addresses as arrays of 4 or 16 bytes; null for what is none.

  function parseIp(text) { return isV4(text) ? parseV4(text, false) : parseV6(text); }
  function parseV4(text, lenient) {
    var parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
    if (parts === null) return null;
    var bytes = parts.slice(1).map(Number);
    var canonical = lenient || bytes.join('.') === text;
    return canonical && bytes.every(function (byte) { return byte <= 255; }) ? bytes : null;
  }
  function parseV6(text) {
    var tail = /^(.*:)([^:]*\..*)$/.exec(text);
    if (tail !== null) {
      var v4 = parseV4(tail[2], false);
      if (v4 === null) return null;
      text = tail[1] + (v4[0] * 256 + v4[1]).toString(16) + ':' + (v4[2] * 256 + v4[3]).toString(16);
    }
    var halves = text.split('::');
    if (halves.length > 2) return null;
    var head = groups(halves[0]);
    var end = halves.length === 2 ? groups(halves[1]) : [];
    if (head === null || end === null) return null;
    var missing = 8 - head.length - end.length;
    if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
    return head.concat(new Array(missing).fill(0), end).flatMap(function (group) { return [group >> 8, group & 255]; });
  }
  function groups(text) {
    if (text === '') return [];
    var parts = text.split(':');
    var valid = parts.every(function (part) { return /^[\da-f]{1,4}$/i.test(part); });
    return valid ? parts.map(function (part) { return parseInt(part, 16); }) : null;
  }
  function mapped(bytes) { return bytes.length === 16 ? bytes : [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255].concat(bytes); }
  function samePrefix(a, b, bits) {
    for (var at = 0; at * 8 < bits; at++) {
      var shift = Math.max(0, 8 - (bits - at * 8));
      if (a[at] >> shift !== b[at] >> shift) return false;
    }
    return true;
  }
  function number32(bytes) { return (bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3]; }

  define('isInNet', function isInNet(host, pattern, mask) {
    var wanted = parseV4(pattern, true);
    var significant = parseV4(mask, true);
    if (wanted === null || significant === null) return false;
    var address = parseV4(host, true);
    if (address === null) {
      var resolved = global.dnsResolve(host);
      address = resolved === null ? null : parseV4(resolved, true);
    }
    if (address === null) return false;
    return (number32(address) & number32(significant)) === (number32(wanted) & number32(significant));
  });
  define('isInNetEx', function isInNetEx(host, block) {
    if (typeof host !== 'string' || typeof block !== 'string') return null;
    var parts = block.split('/');
    var address = parseIp(host);
    var prefix = parts.length === 2 ? parseIp(parts[0].trim()) : null;
    if (address === null || prefix === null || !/^\s*\d{1,9}\s*$/.test(parts[1])) return false;
    var bits = Number(parts[1]);
    if (bits > prefix.length * 8) return false;
    if (address.length === prefix.length) return samePrefix(address, prefix, bits);
    return samePrefix(mapped(address), mapped(prefix), prefix.length === 4 ? bits + 96 : bits);
  });
  define('sortIpAddressList', function sortIpAddressList(list) {
    if (typeof list !== 'string') return null;
    var entries = list.replace(/[ \t]/g, '').split(';').filter(Boolean).map(function (text) {
      return { text: text, bytes: parseIp(text) };
    });
    if (entries.length === 0 || entries.some(function (entry) { return entry.bytes === null; })) return false;
    entries.sort(function (a, b) {
      var order = b.bytes.length - a.bytes.length;
      for (var at = 0; order === 0 && at < a.bytes.length; at++) order = a.bytes[at] - b.bytes[at];
      return order;
    });
    return entries.map(function (entry) { return entry.text; }).join(';');
  });

  // Dates and times.

  var days = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
  var months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

  // The arguments without a trailing "GMT", and the time as the script means it: in GMT, then shown as if it were local.
  function timeArguments(args) {
    var list = Array.prototype.slice.call(args);
    var date = new NativeDate(now());
    if (list[list.length - 1] !== 'GMT') return { list: list, date: date };
    var shown = new NativeDate(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(),
      date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds(), date.getUTCMilliseconds());
    return { list: list.slice(0, -1), date: shown };
  }
  // From the first to the last; over the turn of the day, week or year when they are the other way round.
  function isBetween(value, first, last) {
    return first <= last ? first <= value && value <= last : value <= last || value >= first;
  }

  define('weekdayRange', function weekdayRange() {
    if (arguments.length === 0) return false;
    var time = timeArguments(arguments);
    var first = days.indexOf(time.list[0]);
    var last = time.list.length === 2 ? days.indexOf(time.list[1]) : first;
    return first >= 0 && last >= 0 && isBetween(time.date.getDay(), first, last);
  });

  // A day is a number to 31, a year a greater one, a month a name. A month without that day ends before it: February does
  // not reach into March.
  function setDatePart(date, part) {
    var value = parseInt(part);
    if (isNaN(value)) setMonth(date, date.getFullYear(), months.indexOf(part));
    else if (value < 32) date.setDate(value);
    else setMonth(date, value, date.getMonth());
  }
  function setMonth(date, year, month) {
    var length = new NativeDate(year, month + 1, 0).getDate();
    date.setFullYear(year, month, Math.min(date.getDate(), length));
  }
  define('dateRange', function dateRange() {
    if (arguments.length === 0) return false;
    var time = timeArguments(arguments);
    var list = time.list;
    var date = time.date;
    if (list.length === 1) {
      var value = parseInt(list[0]);
      if (isNaN(value)) return date.getMonth() === months.indexOf(list[0]);
      return value < 32 ? date.getDate() === value : date.getFullYear() === value;
    }
    var middle = list.length >> 1;
    var year = date.getFullYear();
    var first = new NativeDate(year, 0, 1, 0, 0, 0);
    var last = new NativeDate(year, 11, 31, 23, 59, 59);
    list.slice(0, middle).forEach(function (part) { setDatePart(first, part); });
    list.slice(middle).forEach(function (part) { setDatePart(last, part); });
    // Two days without a month mean those of this month.
    if (list.length === 2 && parseInt(list[0]) < 32) {
      setMonth(first, first.getFullYear(), date.getMonth());
      setMonth(last, last.getFullYear(), date.getMonth());
    }
    return isBetween(date, first, last);
  });

  define('timeRange', function timeRange() {
    if (arguments.length === 0) return false;
    var time = timeArguments(arguments);
    var list = time.list;
    if (list.length === 1) return time.date.getHours() == list[0];
    if (list.length === 2) return list[0] <= time.date.getHours() && time.date.getHours() <= list[1];
    if (list.length !== 4 && list.length !== 6) throw new TypeError('timeRange takes 1, 2, 4 or 6 numbers');
    var middle = list.length >> 1;
    var first = new NativeDate(time.date);
    var last = new NativeDate(time.date);
    first.setHours(list[0], list[1], middle === 3 ? list[2] : first.getSeconds());
    last.setHours(list[middle], list[middle + 1], middle === 3 ? list[5] : 59);
    return isBetween(time.date, first, last);
  });

  // What the host is told.

  function lineOf(stack) {
    var found = /proxy\.pac:(\d+)/.exec(String(stack));
    return found === null ? '' : found[1];
  }
  define('alert', function alert(message) {
    alertHost(lineOf(new Error().stack) + '\n' + String(message).slice(0, 2048));
  });

  return {
    find: function (url, host) {
      if (typeof FindProxyForURL !== 'function') throw new TypeError('FindProxyForURL is undefined or not a function');
      var result = FindProxyForURL(url, host);
      if (typeof result !== 'string') throw new TypeError('FindProxyForURL returned no string');
      if (result.length > 16384) throw new RangeError('FindProxyForURL returned too long a string');
      return result;
    },
    describe: function (error) {
      var line = '';
      try {
        if (error !== null && typeof error === 'object') line = error.lineNumber || lineOf(error.stack);
        return line + '\n' + String(error).slice(0, 2048);
      } catch (nested) {
        return line + '\nThe script threw what cannot be shown';
      }
    },
  };
})`;
