import { install } from '../../../tools/install.ts';
import buildGateway from '../../support/build-gateway.ts';
import { unpackLayers } from './helm-binaries.ts';
import { TOOLS } from './places.ts';

/** Fetches helm and the judges of manifests by npm, where they are not there yet, and compiles the gateway. */
export default function installTools(): void {
  install(TOOLS);
  unpackLayers();
  buildGateway();
}
