/**
 * How many instances a service needs: its load, the rules that decide, and the pages that show
 * both.
 */
@NullMarked
package io.fairlead.scaling;

import org.jspecify.annotations.NullMarked;
