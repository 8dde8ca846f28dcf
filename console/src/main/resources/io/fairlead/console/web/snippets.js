// One call, as other tools make it.

const KEYWORDS = new Set(['abstract', 'assert', 'boolean', 'break', 'byte', 'case', 'catch', 'char', 'class', 'const', 'continue',
  'default', 'do', 'double', 'else', 'enum', 'extends', 'final', 'finally', 'float', 'for', 'goto', 'if', 'implements', 'import',
  'instanceof', 'int', 'interface', 'long', 'native', 'new', 'package', 'private', 'protected', 'public', 'return', 'short',
  'static', 'strictfp', 'super', 'switch', 'synchronized', 'this', 'throw', 'throws', 'transient', 'try', 'void', 'volatile', 'while']);

/** Whatever the text is, a shell takes it as one word. @param {string} text */
export const shellWord = text => "'" + text.replaceAll("'", "'\\''") + "'";

/** @param {string} name @returns {string} */
const simple = name => name.slice(name.lastIndexOf('.') + 1);

/** @param {string} name of a method or a field */
function javaName(name) {
  const lower = name[0].toLowerCase() + name.slice(1);
  return KEYWORDS.has(lower) ? lower + '_' : lower;
}

/** @param {string} text as a literal of Java */
const javaText = text => JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

/**
 * @param {Record<string, any>} types
 * @param {string} type
 * @param {any} message
 * @returns {string} an expression that makes it
 */
export function javaMessage(types, type, message) {
  const fields = types?.[type]?.fields ?? [];
  let text = simple(type) + '.newBuilder()';
  for (const field of fields) {
    const value = message?.[field.name];
    if (value === undefined) continue;
    const setter = field.name[0].toUpperCase() + field.name.slice(1);
    const values = field.repeated && Array.isArray(value) ? value : [value];
    for (const each of values) {
      const literal = javaValue(types, field, each);
      text += '.' + (field.repeated && field.kind !== 'map' ? 'add' : 'set') + setter + '(' + literal + ')';
    }
  }
  return text + '.build()';
}

/** @param {Record<string, any>} types @param {any} field @param {any} value */
function javaValue(types, field, value) {
  switch (field.kind) {
    case 'string': return javaText(String(value));
    case 'int': case 'double': case 'boolean': return /^[-0-9.a-zA-Z]+$/.test(String(value)) ? String(value) : '0';
    case 'float': return Number(value) + 'f';
    case 'long': return (/^-?[0-9]+$/.test(String(value)) ? String(value) : '0') + 'L';
    case 'byte_string': return 'ByteString.copyFrom(Base64.getDecoder().decode(' + javaText(String(value)) + '))';
    case 'message': return javaMessage(types, field.type, value);
    default: return '/* ' + JSON.stringify(value).replaceAll('*/', '* /') + ' */';
  }
}

/**
 * @param {any} page
 * @param {any} method
 * @param {any[]} messages
 * @param {Record<string, string>} headers
 * @param {string} deadline
 * @returns {{title: string, text: string}[]}
 */
export function snippets(page, method, messages, headers, deadline) {
  const sent = method.clientStreaming ? messages : [messages[0] ?? {}];
  const json = sent.map(each => JSON.stringify(each)).join('\n');
  const pairs = Object.entries(headers);
  const grpcurl = ['grpcurl -plaintext', ...pairs.map(([name, value]) => '-H ' + shellWord(name + ': ' + value)),
    '-max-time ' + shellWord(deadline), '-d ' + shellWord(json), page.address, method.name].join(' \\\n  ');
  const fairlead = ['fairlead call ' + page.address, shellWord(method.name), shellWord(json)].join(' ');
  const curl = method.clientStreaming || method.serverStreaming
    ? '# curl has no streams of messages; with google.api.http a stream of responses is a GET of JSON lines'
    : ['curl', "-H 'Content-Type: application/json'", ...pairs.map(([name, value]) => '-H ' + shellWord(name + ': ' + value)),
      '-d ' + shellWord(json), shellWord('http://' + page.address + '/' + method.name)].join(' \\\n  ');
  return [
    {title: 'fairlead', text: fairlead},
    {title: 'grpcurl', text: grpcurl},
    {title: 'curl, where the server has the gateway', text: curl},
    {title: 'Java', text: java(page.types, method, sent)},
  ];
}

/** @param {Record<string, any>} types @param {any} method @param {any[]} sent */
function java(types, method, sent) {
  const service = simple(method.service);
  const name = javaName(method.name.slice(method.name.indexOf('/') + 1));
  const input = simple(method.input);
  const output = simple(method.output);
  const made = sent.map(each => javaMessage(types, method.input, each));
  const argument = method.clientStreaming ? 'Source.of(' + made.join(', ') + ')' : 'request';
  const lines = [`${service} client = ${service}Rpc.client(channel);`];
  if (!method.clientStreaming) lines.push(`${input} request = ${made[0]};`);
  if (method.serverStreaming) {
    lines.push(`try (Source<${output}> responses = client.${name}(${argument})) {`,
      `  for (${output} response : responses) {`, '    System.out.println(response);', '  }', '}');
  } else {
    lines.push(`${output} response = client.${name}(${argument});`);
  }
  return lines.join('\n');
}
