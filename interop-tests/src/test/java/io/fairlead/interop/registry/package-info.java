/** Others find our instances, and we find theirs, in a real etcd. */
@NullMarked
package io.fairlead.interop.registry;

import org.jspecify.annotations.NullMarked;
