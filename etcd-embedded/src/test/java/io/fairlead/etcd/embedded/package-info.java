/** Holds the embedded etcd against real ones. */
@NullMarked
package io.fairlead.etcd.embedded;

import org.jspecify.annotations.NullMarked;
