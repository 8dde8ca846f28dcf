/** Tests of the registry on etcd: against the embedded one in virtual time, and a real one. */
@NullMarked
package io.fairlead.registry.etcd;

import org.jspecify.annotations.NullMarked;
