@NullMarked
package io.fairlead.bench.dubbo;

import org.jspecify.annotations.NullMarked;
