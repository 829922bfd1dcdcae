/** Invented people and places. `Daniel` and `Kulhman` are planted, never drawn. */
export const DANIEL = 'Daniel';
export const KULHMAN = 'Kulhman';

export const firstNames: readonly string[] = [
  DANIEL,
  ...`Ada Adam Aisha Alba Alice Amir Anna Arthur Ben Bianca Bruno Carla Cem Chloe Clara Dana David Diego Elena
  Elif Emil Emma Eva Felix Fiona Greta Hana Henry Hugo Ida Ines Ivan Jana Joel Jonas Julia Kai Karim Lara Lea Leo
  Lina Luca Maja Malik Maria Mark Mia Mila Nadia Nico Noah Nora Olga Omar Paul Petra Rosa Samir Sara Sofia Tom
  Vera`.split(/\s+/),
];

export const lastNames: readonly string[] = [
  KULHMAN,
  ...`Abel Adler Albrecht Bach Bauer Becker Berg Blum Brandt Braun Busch Conrad Dietz Ebert Engel Ernst Fink
  Fischer Frank Fuchs Geiger Graf Gross Haas Hahn Hartmann Hauser Heinz Hoffmann Horn Huber Jung Kaiser Keller
  Kern Klein Koch Kraus Kremer Kuhn Lang Lehmann Lenz Lorenz Ludwig Maier Marx Meyer Moser Nagel Neumann Otto
  Pohl Rausch Reich Richter Roth Sauer Schmidt Seidel Simon Sommer Stark Stein Stern Thiel Vogel Vogt Voss Wagner
  Walter Weber Wegner Weiss Werner Winkler Winter Wolf Ziegler`.split(/\s+/),
];

export const loyaltyTiers: readonly string[] = ['bronze', 'silver', 'gold', 'platinum'];

/** City and country code, 40 of them. */
const places =
  `Amsterdam NL,Antwerp BE,Athens GR,Auckland NZ,Austin US,Barcelona ES,Basel CH,Bergen NO,Berlin DE,
Bilbao ES,Bologna IT,Bordeaux FR,Boston US,Brisbane AU,Bristol GB,Calgary CA,Chicago US,Cork IE,Denver US,
Dresden DE,Dublin IE,Geneva CH,Ghent BE,Graz AT,Hamburg DE,Leeds GB,Lisbon PT,London GB,Lyon FR,Madrid ES,
Malmo SE,Milan IT,Oslo NO,Perth AU,Porto PT,Seattle US,Sydney AU,Toronto CA,Turin IT,Vienna AT`
    .split(/,\s*/)
    .map((place) => place.split(' ') as [string, string]);

export const cities: readonly string[] = places.map(([city]) => city);
export const countryOfCity: ReadonlyMap<string, string> = new Map(places);
export const mailDomains: readonly string[] = ['example.com', 'example.net', 'example.org'];
