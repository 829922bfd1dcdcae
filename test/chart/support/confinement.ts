import { spawnSync } from 'node:child_process';

/** Mount point, node, image, config and secrets come first, then what node is to run. */
const SCRIPT = `
root=$1 node=$2 image=$3 config=$4 secrets=$5; shift 5
mount -t tmpfs -o mode=755 tmpfs "$root"; cd "$root"
mkdir -p usr app tmp proc dev etc/ssl etc/amperity-gateway run/secrets/amperity-gateway nodejs/bin
for link in bin sbin lib lib64; do ln -s usr/$link $link; done
touch nodejs/bin/node etc/hosts etc/resolv.conf
bind() { mount --bind "$1" "$2"; mount -o remount,bind,ro,nosuid "$2"; }
bind /usr usr; bind "$node" nodejs/bin/node; bind "$image" app; bind /etc/ssl etc/ssl
bind /etc/hosts etc/hosts; bind /etc/resolv.conf etc/resolv.conf
bind "$config" etc/amperity-gateway; bind "$secrets" run/secrets/amperity-gateway
mount -t proc proc proc; mount --bind /dev dev; mount -t tmpfs -o mode=1777,size=64m tmpfs tmp
mount -o remount,ro "$root"
exec chroot "$root" setpriv --reuid=65532 --regid=65532 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
  env -C /app -u OLDPWD -u PWD -u SHLVL -u _ "$@"
`;

const mayUnshare = (): boolean =>
  process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;

/** Whether processes can be given a file system and rights of their own here. */
export const canConfine = mayUnshare();
if (!canConfine) process.stderr.write('Confinement was skipped: it takes root, and leave to mount.\n');

export interface Rooms {
  /** An empty folder, which becomes the root of the file system. */
  readonly root: string;
  readonly image: string;
  readonly config: string;
  readonly secrets: string;
}

/**
 * A command that runs another as a container with a read-only root would: uid 65532, no rights, nothing to write to but
 * /tmp. Each step execs, so the process that is spawned is the one that is confined.
 */
export const confined = (rooms: Rooms, command: readonly string[]): string[] => {
  const { config, image, root, secrets } = rooms;
  const shell = ['bash', '-ec', SCRIPT, 'pod', root, process.execPath, image, config, secrets];
  return ['unshare', '--mount', '--propagation', 'private', ...shell, ...command];
};
