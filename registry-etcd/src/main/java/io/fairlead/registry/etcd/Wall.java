package io.fairlead.registry.etcd;

import java.time.Instant;

/** The wall clock: for telling people when, never for deciding. */
interface Wall {
  Instant instant();
}
