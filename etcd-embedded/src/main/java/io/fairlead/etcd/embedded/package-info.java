/**
 * An etcd for development: a server of etcd's v3 API inside the JVM, one process, memory only.
 *
 * <p>Begin at {@link io.fairlead.etcd.embedded.EmbeddedEtcd}.
 */
@NullMarked
package io.fairlead.etcd.embedded;

import org.jspecify.annotations.NullMarked;
