@NullMarked
package io.fairlead.bench.armeria;

import org.jspecify.annotations.NullMarked;
