/**
 * Certificates for names, from keys (`balancer/certificates/NAME`, certificate and key in one PEM)
 * and from files; keys come first. `_` stands for `*` in names: `_.example.com`. `default` is for
 * all others.
 *
 * C1: a certificate that cannot be read is told once and changes nothing.
 */
import { explain } from '../base/failure.ts';
import type { CatalogView } from '../core/balancer/catalog-view.ts';
import { CERTIFICATE_KEYS } from '../core/balancer/settings.ts';
import type { Certificate } from '../ports/balancer.ts';

/** By name, as found in the directory; PEM, certificate and key in one. */
export type CertificateFiles = (dir: string) => Promise<ReadonlyMap<string, string>>;

export class Certificates {
  readonly #files: CertificateFiles;
  readonly #note: (line: string) => void;
  /** By name, with the text that it was made of. */
  #known = new Map<string, { readonly text: string; readonly certificate: Certificate }>();
  #told = '';

  constructor(files: CertificateFiles, note: (line: string) => void) {
    this.#files = files;
    this.#note = note;
  }

  /** For a host name, one label of a wildcard, or whoever else. */
  of(serverName: string): Certificate | undefined {
    const name = serverName.toLowerCase();
    const wild = name.replace(/^[^.]+/, '_');
    const found = this.#known.get(name) ?? this.#known.get(wild) ?? this.#known.get('default');
    return found?.certificate;
  }

  /** @param dir empty: there are no files */
  async refresh(view: CatalogView, dir: string): Promise<void> {
    const texts = new Map<string, string>();
    try {
      const files = dir === '' ? [] : await this.#files(dir);
      for (const [name, text] of files) texts.set(name.toLowerCase(), text);
      this.#told = '';
    } catch (error) {
      const why = explain(error);
      if (why !== this.#told) this.#note(`certificates stay as they are: ${why}`);
      this.#told = why;
      return;
    }
    for (const { key, text } of view.texts(CERTIFICATE_KEYS)) {
      texts.set(key.slice(CERTIFICATE_KEYS.length).toLowerCase(), text);
    }
    this.#known = new Map([...texts].flatMap(([name, text]) => this.#entry(name, text)));
  }

  /** The same object as before where nothing changed: contexts are kept by it. */
  #entry(
    name: string,
    text: string,
  ): readonly [string, { readonly text: string; readonly certificate: Certificate }][] {
    const before = this.#known.get(name);
    if (before?.text === text) return [[name, before]];
    const cert = text.match(PEM_CERTIFICATE)?.join('\n');
    const key = PEM_KEY.exec(text)?.[0];
    if (cert !== undefined && key !== undefined)
      return [[name, { text, certificate: { cert, key } }]];
    this.#note(
      `the certificate for "${name}" has no ${cert === undefined ? 'certificate' : 'key'}`,
    );
    return before === undefined ? [] : [[name, before]];
  }
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const PEM_KEY = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[^-]+-----END \1PRIVATE KEY-----/;
