/* primes N: prints the primes up to N. */
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **words) {
    int limit = count > 1 ? atoi(words[1]) : 0;
    for (int number = 2; number <= limit; number++) {
        int divisor = 2;
        while (divisor * divisor <= number && number % divisor) divisor++;
        if (divisor * divisor > number) printf("%d ", number);
    }
    puts("");
    return 0;
}
