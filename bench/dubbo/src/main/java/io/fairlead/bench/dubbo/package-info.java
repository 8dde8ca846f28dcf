/**
 * Dubbo Triple as its own documentation recommends it; README.md of this module says what is set
 * and why.
 */
@NullMarked
package io.fairlead.bench.dubbo;

import org.jspecify.annotations.NullMarked;
