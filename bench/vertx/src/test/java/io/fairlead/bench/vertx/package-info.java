@NullMarked
package io.fairlead.bench.vertx;

import org.jspecify.annotations.NullMarked;
