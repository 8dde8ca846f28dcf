/**
 * Settings that an operator makes without a build: variables of the environment whose names begin
 * with {@code FAIRLEAD_}. {@link io.fairlead.starter.Settings} reads them.
 */
@NullMarked
package io.fairlead.starter;

import org.jspecify.annotations.NullMarked;
