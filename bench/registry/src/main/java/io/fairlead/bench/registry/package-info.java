/** What the registry on etcd costs, and how soon it tells. */
@NullMarked
package io.fairlead.bench.registry;

import org.jspecify.annotations.NullMarked;
