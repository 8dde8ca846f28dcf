/** Registration and discovery on etcd that heal themselves. */
@NullMarked
package io.fairlead.registry.etcd;

import org.jspecify.annotations.NullMarked;
