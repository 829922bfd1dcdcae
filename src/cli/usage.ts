export const usage = `Usage: npm run cli -- <verb>

  init --folder F        make a key for a team demo that may see everything, and
                         the files that a fleet needs for it, unless they are there
  keys create --team T [--browser --origin O ...] [--days N] [--label live] [--json]
                         make a key for a team, or for pages of origins such as
                         https://app.example; it is shown once (default: 180 days,
                         of a browser key 90)
  keys hash              read a key from standard input, print its id and sha256
  config check [--file F]
                         read all settings as the gateway does; list every problem
  config schema          print the JSON Schema of gateway.yaml
  config docs [--write F | --check F]
                         print the settings page, write it, or compare it with F
  health [--url URL] [--public URL] [--replicas N]
                         ask a running gateway whether it is ready; also, whether
                         its public listener asks for a credential, and whether
                         budget.maxReplicas is N or more
  doctor [--file F]      look at settings, token, Amperity (by one call, within the
                         budget of the fleet if there is Redis) and Redis, and say
                         what is wrong and how to mend it
  export --index I --out F.csv|F.ndjson [--url URL] [--filter attribute=value]...
         [--limit N] [--key-file F] [--raw-formulas] [--restart]
                         write all profiles of an index, or those that fit the
                         filters, into a file; said again after an interruption,
                         it goes on (key: GATEWAY_KEY, or the file of --key-file)
  plan (--log F | --generate [--requests N] [--seconds S] [--teams a:1,b:2]
       [--questions Q] [--zipf X]) [--compare] [--json] [--seed N]
       [--rate N] [--pacing P] [--max-in-flight N] [--weights a=2,b=1]
       [--fresh-ms N] [--stale-ms N] [--stale-if-error-ms N] [--memory-bytes N]
       [--max-wait-ms N] [--per-team N] [--total N] [--upstream-ms N]
                         what would become of an access log, or of a generated
                         load, under other settings (docs/plan.md)
`;
