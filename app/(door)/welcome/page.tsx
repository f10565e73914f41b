import { WelcomePage } from '@/components/door/welcome-page.tsx';

export default function Page() {
  return <WelcomePage />;
}
