/** Bills of materials in CycloneDX 1.5: what an image is made of. */

export interface Component {
  readonly "bom-ref": string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
}

export interface Image {
  readonly name: string;
  readonly version: string;
  /** RFC 3339; of the source, so that the same source has the same bill. */
  readonly created: string;
}

/** The whole bill, as an object. Components are sorted. */
export function billOf({ name, version, created }: Image, components: readonly Component[]): object {
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      timestamp: created,
      component: { "bom-ref": `${name}@${version}`, type: "container", name, version },
    },
    components: [...components].sort((a, b) => (a.purl < b.purl ? -1 : 1)),
  };
}

/**
 * The packages that dpkg has installed.
 * @param status one or more files like /var/lib/dpkg/status, one after the other
 * @param release number of the Debian release
 */
export function debianComponents(status: string, release: string): readonly Component[] {
  const packages = status.split(/\n{2,}|\n(?=Package: )/).flatMap((paragraph) => {
    const field = (key: string): string | undefined =>
      new RegExp(`^${key}: (.*)$`, "m").exec(paragraph)?.[1]?.trim();
    const [name, version, architecture] = [field("Package"), field("Version"), field("Architecture")];
    if (name === undefined || version === undefined || !(field("Status") ?? "").endsWith(" installed"))
      return [];
    const where = `arch=${architecture ?? "all"}&distro=debian-${release}`;
    const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?${where}`;
    return [{ "bom-ref": purl, type: "library", name, version, purl }];
  });
  return [...new Map(packages.map((it) => [it.purl, it])).values()];
}

/** The program that runs the operator, which is of no package. */
export function nodeComponent(version: string): Component {
  const purl = `pkg:generic/node@${version}`;
  return { "bom-ref": purl, type: "application", name: "node", version, purl };
}
